import * as z from 'zod'

/** Values that an answer may have. A thousand images have 30,000; a body full of `{}` has a million, which take seconds. */
const mostValues = 200_000

/** What a body says; undefined when it is no JSON, or has more values than any service has to say. */
export function parseJson(body: Buffer): unknown {
  if (hasTooManyValues(body)) return undefined
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

const [quote, backslash, comma, bracket, brace] = Buffer.from('"\\,[{')

/** Counts what every further value, or further depth, begins with. */
function hasTooManyValues(body: Buffer): boolean {
  let values = 0
  let inText = false
  for (let at = 0; at < body.length && values <= mostValues; at += 1) {
    const byte = body[at]
    if (inText) {
      if (byte === backslash) at += 1
      else if (byte === quote) inText = false
    } else if (byte === quote) inText = true
    else if (byte === comma || byte === bracket || byte === brace) values += 1
  }
  return values > mostValues
}

/** A list whose first wrong entry is told. `z.array` tells all: a million of them take ten seconds and 1.5 GB. */
export function list<T>(entry: z.ZodType<T>): z.ZodType<T[]> {
  return z.array(z.unknown()).transform((values, context) => {
    const read: T[] = []
    for (const [index, value] of values.entries()) {
      const result = entry.safeParse(value)
      if (!result.success) return refuse(context, index, result.error)
      read.push(result.data)
    }
    return read
  })
}

/** An object of any keys, in the same way. */
export function table<T>(entry: z.ZodType<T>): z.ZodType<Record<string, T>> {
  return z.record(z.string(), z.unknown()).transform((values, context) => {
    const read: Record<string, T> = {}
    for (const [name, value] of Object.entries(values)) {
      const result = entry.safeParse(value)
      if (!result.success) return refuse(context, name, result.error)
      // As a value, `__proto__` is a name like any other.
      Object.defineProperty(read, name, {
        value: result.data,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return read
  })
}

function refuse(context: z.RefinementCtx, at: string | number, { issues }: z.ZodError): typeof z.NEVER {
  const [first] = issues
  context.addIssue({
    code: 'custom',
    message: first?.message ?? 'invalid',
    path: [at, ...(first?.path ?? [])],
  })
  return z.NEVER
}
