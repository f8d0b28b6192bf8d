export { errorCodes, type ErrorClass, type ErrorCode } from './codes.js'
export { messageOf, StackrigError, type ErrorDetails } from './error.js'
