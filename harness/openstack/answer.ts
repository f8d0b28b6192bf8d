import type { Method } from 'got'
import { ApiError } from './api-error.js'
import type { HttpAnswer } from './http.js'
import { parseJson } from './json.js'

/** What a service said to a request that no client has a method for. */
export class Answer {
  readonly status: number
  /** As it was sent: of JSON, its text, in which `\u00e9` stands as é: Python escapes all that is not ASCII. */
  readonly text: string
  readonly #request: { method: Method; url: string }
  readonly #json: unknown

  constructor(request: { method: Method; url: string }, { status, body }: HttpAnswer) {
    this.#request = request
    this.status = status
    this.#json = parseJson(body)
    this.text = this.#json === undefined ? body.toString() : unescaped(body.toString())
  }

  /** Its JSON; undefined when it is none. */
  get json(): unknown {
    return this.#json
  }

  /** The text that stands in its JSON there: `at('network', 'id')`. @throws ApiError when there is none. */
  at(...path: (string | number)[]): string {
    const found = path.reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string | number, unknown>)[key]
          : undefined,
      this.#json,
    )
    if (typeof found === 'string') return found
    throw new ApiError({ ...this.#request, status: this.status, said: `no text at ${path.join('.')}` })
  }
}

/** Of the escapes of JSON (RFC 8259, section 7) those that stand for letters. Each begins after the one before: a backslash is one, too. */
const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-f]{4})|.)/gi, (escape, code: string | undefined) => {
    const letter = code === undefined ? 0 : parseInt(code, 16)
    return letter < 0xa0 ? escape : String.fromCharCode(letter)
  })
