export { makeFaults } from './make-faults.js'
export { writtenFault, type WrittenFault } from './fault-words.js'
