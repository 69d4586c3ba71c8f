export * from './client';
export * from './early';
export * from './live';
export * from './query';
export * from './session';
