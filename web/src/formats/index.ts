export * from './axis';
export * from './durations';
export * from './numbers';
export * from './text';
export * from './times';
