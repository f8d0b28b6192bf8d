const hidden = '***'

/** Fernet tokens, which is what Keystone issues unless told otherwise, start with the same version byte and time. */
const fernetToken = /\bgAAAAA[\w-]{20,}={0,2}/g
/** Tokens of format PKI: signed messages (CMS) in base64, with `-` for `/`. */
const pkiToken = /\bMII[\w+-]{100,}={0,2}/g
const secretField = /("(?:password|adminPass|original_password|secret|token)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi
const secretHeader = /\b(x-(?:auth|subject|service)-token\s*[:=]\s*)\S+/gi

/** Identity API v2.0 names a token in the address: `/v2.0/tokens/ID`. */
const tokenInUrl = /(\/tokens\/)[^/?#\s"']+/g
/** `http://name:password@host`; a proxy's, say. */
const passwordInUrl = /(:\/\/[^/\s@:"']{0,200}:)[^/\s@"']{1,200}@/g

/**
 * The text without tokens, passwords of JSON bodies, token headers, and tokens and passwords in addresses; and without those that are
 * `known`, however they stand there.
 */
export function maskSecrets(text: string, known: readonly string[] = []): string {
  return known
    .reduce((masked, secret) => masked.replaceAll(secret, hidden), text)
    .replace(fernetToken, hidden)
    .replace(pkiToken, hidden)
    .replace(secretField, `$1"${hidden}"`)
    .replace(secretHeader, `$1${hidden}`)
    .replace(tokenInUrl, `$1${hidden}`)
    .replace(passwordInUrl, `$1${hidden}@`)
}

/** A word so short stands in other words, too. */
const shortestSecret = 8

/** What a request says in secret, so that an answer which repeats it gives nothing away. */
export function secretsIn(request: {
  url: string
  headers?: Record<string, string> | undefined
  json?: unknown
  secrets?: readonly string[] | undefined
}): string[] {
  const inHeaders = Object.entries(request.headers ?? {})
    .filter(([name]) => /^x-[a-z]+-token$/i.test(name))
    .map(([, value]) => value)
  const inUrl = [...request.url.matchAll(/\/tokens\/([^/?#]+)/g)].map(([, token = '']) => token)
  return [...(request.secrets ?? []), ...inHeaders, ...inUrl, ...secretsInJson(request.json)].filter(
    (secret) => secret.length >= shortestSecret,
  )
}

const secretName = /pass|secret|token/i

/** What is sent here is ours: it is as deep as a client made it. */
function secretsInJson(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'string' ? (secretName.test(name) ? [inner] : []) : secretsInJson(inner),
  )
}
