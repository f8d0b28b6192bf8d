export { expect } from './matchers.js'
export { scenario, type ScenarioFixtures } from './scenario.js'
