export { bootCloud } from './boot-cloud.js'
export { openBrowser, type Screen } from './browser.js'
export { cloudOf } from './cloud-of.js'
export {
  imagesOf,
  prepareImages,
  prepareTopology,
  presentMachines,
  probeImage,
  type PrepareOptions,
} from './prepare.js'
export { Invariants } from './invariants/invariants.js'
export { cloudReady, type Diagnose } from './readiness.js'
export { defineStage, guestDisk, isStage, prepareStart, type Stage, type Start } from './stage.js'
export { partsWithoutImages, placeOfStart, topologyOf, type StartPlace } from './start-place.js'
