import type * as z from 'zod'

/** One line per problem of a parsed file: the key, then what is wrong with it and what is allowed. */
export function listProblems(error: z.ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.length === 0 ? '(top level)' : issue.path.join('.')}: ${issue.message}`)
    .join('\n')
}
