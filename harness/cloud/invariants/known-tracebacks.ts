/** Tracebacks that are no fault of the cloud's, and why. */
const known: readonly { line: RegExp; reason: string }[] = [
  {
    line: /ConnectionRefusedError|ConnectionResetError|ConnectionForced|RecoverableConnectionError|BrokenPipeError|Server unexpectedly closed connection|DisconnectionError|EHOSTUNREACH|No route to host|AMQP server .* is unreachable/,
    reason: 'a connection ended, as its other end was restarted or cut off; it is opened anew',
  },
  {
    line: /MessagingTimeout|queue\.Empty|MessageDeliveryFailure|MessageUndeliverable|DBConnectionError|psycopg2\.OperationalError|ConnectFailure|ConnectTimeout|ReadTimeout|EndpointNotFound|RemoteDisconnected|(socket\.timeout|TimeoutError): timed out/,
    reason: 'the same, seen by who had asked for something',
  },
  {
    line: /NoValidHost|[a-z]NotFound\b|exception\.(NotFound|Unauthorized|Forbidden|Conflict)\b/,
    reason: 'a request that could not be fulfilled; whoever made it is told',
  },
  {
    line: /No space left on device|StorageFull|DiskFull/,
    reason: 'a disk was full, which no service of its own brings about here',
  },
]

/** Why a traceback that ends with this line is none to be told of. */
export function knownTraceback(line: string): string | undefined {
  return known.find((each) => each.line.test(line))?.reason
}
