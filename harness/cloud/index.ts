export { prepareImages, prepareTopology } from './prepare.js'
