export * from './Balance';
export * from './Examples';
export * from './Quarantine';
export * from './ResultCard';
export * from './checks';
export * from './ledger';
