export * from './bytes';
export * from './numbers';
export * from './time';
