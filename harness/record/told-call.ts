import * as z from 'zod'
import { maskSecrets } from '../openstack/index.js'
import type { CallNote } from './note.js'

const toldSchema = z.object({
  ...{ method: z.string(), url: z.string(), began: z.number(), ended: z.number() },
  ...{ status: z.number().optional(), version: z.string().optional() },
  ...{ type: z.string().optional(), sent: z.string(), size: z.number() },
  ...{ answerType: z.string().optional(), answer: z.string() },
})

/** Names of what is secret in JSON; a key pair's private half is one, too. */
const secretName = /pass|secret|token|private_key|^credential$|^blob$/i

/** What stands for a secret in a recording. */
export const masked = '***'

/**
 * A call as `api-proxy.mjs` tells of it. Headers are not told but for the microversion; of a call for tokens nothing is kept but that
 * it was made; what is secret in JSON is masked. Undefined for what is no such line.
 */
export function toldCall(line: string): CallNote | undefined {
  const parsed = toldSchema.safeParse(parsedJson(line))
  if (!parsed.success) return undefined
  const { method, began, ended, status, version, type = '', sent, size, answer } = parsed.data
  const url = maskSecrets(parsed.data.url)
  const about = { kind: 'call' as const, method, url, began, ended, ...(status !== undefined && { status }) }
  if (/\/tokens(\/|\?|$)/.test(parsed.data.url)) return about
  const json = /json/.test(type) ? parsedJson(sent) : undefined
  return {
    ...about,
    ...(version !== undefined && { version }),
    ...(json === undefined ? size > 0 && { size } : { json: withoutSecrets(json) }),
    ...(answer !== '' && { answer: answered(answer) }),
  }
}

function answered(text: string): unknown {
  const json = parsedJson(text)
  return json === undefined ? maskSecrets(text) : withoutSecrets(json)
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return maskSecrets(value)
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([name, inner]: [string, unknown]) => [
    name,
    typeof inner === 'string' && secretName.test(name) ? masked : withoutSecrets(inner),
  ])
  return Object.fromEntries(fields) as unknown
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
