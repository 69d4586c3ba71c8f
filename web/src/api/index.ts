export * from './client';
export * from './live';
export * from './query';
export * from './session';
