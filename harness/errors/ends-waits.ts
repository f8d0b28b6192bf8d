import { constants } from 'node:os'
import { codes } from './codes.js'
import { StackrigError } from './error.js'

/**
 * Whether a wait ends with this error instead of looking again: when its code says that no later look can find better, and
 * when it is a defect of whoever wrote the probe, as a TypeError. What the network or the system refuses may be given later.
 */
export function endsWaits(error: unknown): boolean {
  if (error instanceof StackrigError) return !codes[error.code].outlived
  return !isRefusal(error)
}

/**
 * An error of the system or of the network: Node's have the system's name for them as `code`; those of fetch stand in the
 * cause of a TypeError; got and undici have codes of their own for an answer that was late or broken off.
 */
function isRefusal(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'TimeoutError') return true
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && (code in constants.errno || otherCodes.test(code))) return true
  return depth < 3 && isRefusal(error.cause, depth + 1)
}

// getaddrinfo(3) as Node spells it, sockets that ended too soon, HTTP that broke off, undici's, got's.
const otherCodes =
  /^(EAI_|ENOTFOUND$|ERR_SOCKET_|ERR_STREAM_PREMATURE_CLOSE$|HPE_|UND_ERR_|ERR_BODY_PARSE_FAILURE$|ERR_GOT_REQUEST_ERROR$)/
