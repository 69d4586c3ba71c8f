export * from './Graph';
export * from './definition';
