export * from './LogPanel';
export * from './LogView';
