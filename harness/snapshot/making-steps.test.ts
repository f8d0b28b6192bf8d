import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { projectFolder } from '../paths.js'
import { makingSteps } from './making-steps.js'

/** A source without comments and layout: what cannot leave anything else behind does not count. */
function code(source: string): string {
  const text = readFileSync(join(projectFolder, 'harness', source), 'utf8')
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      removeComments: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
    },
  })
  return outputText
}

test.each(Object.entries(makingSteps))(
  'somebody has looked at the sources of the step %s as they are now',
  (name, { sources, lookedAt }) => {
    const digest = createHash('sha256').update(sources.map(code).join('\n')).digest('hex').slice(0, 16)
    expect(
      digest,
      `The step "${name}" has changed (${sources.join(', ')}). When it leaves something else behind in a node than before, raise its version in harness/snapshot/making-steps.ts. In any case set lookedAt: '${digest}'.`,
    ).toBe(lookedAt)
  },
)
