export { expect } from './matchers.js'
export { bootReadyCloud as bootCloud, cloudBecomesReady as cloudReady, prepare } from './prepare.js'
export { scenario, type ScenarioFixtures } from './scenario.js'
export type { EndedStep, Step, StepFunction, StepObserver } from './step.js'
