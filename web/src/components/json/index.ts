export * from './JsonView';
export * from './parse';
