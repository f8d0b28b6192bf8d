const hidden = '***'

/** Fernet tokens, which is what Keystone issues unless told otherwise, start with the same version byte and time. */
const fernetToken = /\bgAAAAA[\w-]{20,}={0,2}/g
const secretField = /("(?:password|adminPass|original_password|secret|token)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi
const secretHeader = /\b(x-(?:auth|subject|service)-token\s*[:=]\s*)\S+/gi

/** The text without tokens, passwords of JSON bodies, and token headers. */
export function maskSecrets(text: string): string {
  return text
    .replace(fernetToken, hidden)
    .replace(secretField, `$1"${hidden}"`)
    .replace(secretHeader, `$1${hidden}`)
}
