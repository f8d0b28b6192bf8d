export { openBrowser } from './browser.js'
export { cloudOf } from './cloud-of.js'
export { prepareImages, prepareTopology } from './prepare.js'
export { cloudReady } from './readiness.js'
