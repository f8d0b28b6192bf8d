export { makeFaults } from './make-faults.js'
