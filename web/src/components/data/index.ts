export * from './Balance';
export * from './ResultCard';
export * from './checks';
export * from './ledger';
