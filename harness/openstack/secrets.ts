const hidden = '***'

/** Fernet tokens, which is what Keystone issues unless told otherwise, start with the same version byte and time. */
const fernetToken = /\bgAAAAA[\w-]{20,}={0,2}/g
/** Tokens of format PKI: signed messages (CMS) in base64, with `-` for `/`. */
const pkiToken = /\bMII[\w+-]{100,}={0,2}/g
const secretField = /("(?:password|adminPass|original_password|secret|token)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi
const secretHeader = /\b(x-(?:auth|subject|service)-token\s*[:=]\s*)\S+/gi

/** Identity API v2.0 names a token in the address: `/v2.0/tokens/ID`. */
const tokenInUrl = /(\/tokens\/)[^/?#\s"']+/g

/** The text without tokens, passwords of JSON bodies, token headers, and tokens in addresses. */
export function maskSecrets(text: string): string {
  return text
    .replace(fernetToken, hidden)
    .replace(pkiToken, hidden)
    .replace(secretField, `$1"${hidden}"`)
    .replace(secretHeader, `$1${hidden}`)
    .replace(tokenInUrl, `$1${hidden}`)
}
