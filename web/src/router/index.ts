export * from './router';
export * from './url';
