import type { Method } from 'got'
import { ApiError } from './api-error.js'
import type { HttpAnswer } from './http.js'
import { parseJson } from './json.js'

/** What a service said to a request that no client has a method for. */
export class Answer {
  readonly status: number
  /** As it was sent: of JSON, its text. */
  readonly text: string
  readonly #request: { method: Method; url: string }
  readonly #json: unknown

  constructor(request: { method: Method; url: string }, { status, body }: HttpAnswer) {
    this.#request = request
    this.status = status
    this.text = body.toString()
    this.#json = parseJson(body)
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
