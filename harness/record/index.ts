export { actsOf } from './acts.js'
export { formatted } from './format.js'
export type * from './note.js'
export { scenarioSource } from './scenario-source.js'
