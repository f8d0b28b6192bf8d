import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './build.mjs'
import { projectFolder } from './paths.js'

const folder = mkdtempSync(join(tmpdir(), 'build-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(ensureBuilt)

/** The files that a command loads, and the sources they are made of: both stand in what Node writes for coverage (NODE_V8_COVERAGE). */
async function loadedBy(command: string): Promise<{ files: string[]; sources: string[] }> {
  const program = join(projectFolder, 'harness', 'cli', 'stackrig.mjs')
  const coverage = join(folder, command)
  await execa(process.execPath, [program, command], { reject: false, env: { NODE_V8_COVERAGE: coverage } })
  const [report = ''] = readdirSync(coverage)
  const { result, 'source-map-cache': maps } = JSON.parse(readFileSync(join(coverage, report), 'utf8')) as {
    result: { url: string }[]
    'source-map-cache': Record<string, { data: { sources: string[] } }>
  }
  return {
    files: result.map(({ url }) => url).filter((url) => url.startsWith('file:')),
    sources: Object.values(maps).flatMap(({ data }) => data.sources),
  }
}

test('what is imported as stackrig has its matchers', async () => {
  const harness = join(await ensureBuilt(), 'harness')
  const seen = new Set<string>()
  const texts: string[] = []
  const read = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    texts.push(text)
    for (const [, path = ''] of text.matchAll(/^import .*?"(\.\/[^"]+)"/gm)) read(join(harness, path))
  }
  read(join(harness, 'index.js'))
  expect(texts.some((text) => text.includes('async toBecome('))).toBe(true)
})

// A count, for it is the same on every machine: half a millisecond for each file, a millisecond for each 30 KB.
test.each(['ps', 'down'])('%s loads few files, and no package that it does not use', async (command) => {
  const { files, sources } = await loadedBy(command)
  expect(files.length, files.join('\n')).toBeLessThanOrEqual(25)
  const packages = new Set(
    sources.flatMap((source) => /node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(source)?.[1] ?? []),
  )
  expect([...packages].toSorted()).toEqual(['commander', 'debug', 'ipaddr.js', 'ms', 'zod'])
  // Of zod alone there are 95 when its languages are not left out.
  expect(sources.length, sources.join('\n')).toBeLessThanOrEqual(100)
})

test('what the harness looks for beside its modules is in a build', async () => {
  const harness = join(await ensureBuilt(), 'harness')
  const named = readdirSync(join(projectFolder, 'harness'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [
      ...readFileSync(join(projectFolder, 'harness', file), 'utf8').matchAll(/harnessFile\('([^']+)'\)/g),
    ])
    .map(([, path = '']) => path)
  expect(named).toContain('sandbox/agent.mjs')
  // esbuild, which is given it, finds the ending.
  const missing = named.filter(
    (path) => !['', '.js'].some((ending) => existsSync(join(harness, path + ending))),
  )
  expect(missing).toEqual([])
})

/** A project as small as can be built. */
function smallProject(): { write: (path: string, text: string) => void; answer: () => Promise<unknown> } {
  const root = join(folder, 'project')
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const name of ['cli/main', 'index', 'vitest', 'report/page/main'])
    write(
      `harness/${name}.ts`,
      "export { answer } from '#/answer.ts'".replace('#', name.includes('/') ? '..' : '.'),
    )
  write('harness/report/answer.ts', "export const answer: string = 'page'")
  write('harness/build.mjs', readFileSync(join(projectFolder, 'harness', 'build.mjs'), 'utf8'))
  write('fixtures/empty.ts', 'export {}')
  write('node_modules/.package-lock.json', '{}')
  for (const name of ['esbuild', 'rolldown'])
    symlinkSync(join(projectFolder, 'node_modules', name), join(root, 'node_modules', name))
  const answer = async (): Promise<unknown> => {
    const { ensureBuilt: build } = (await import(
      pathToFileURL(join(root, 'harness', 'build.mjs')).href
    )) as typeof import('./build.mjs')
    const built = await build()
    const { answer: text } = (await import(pathToFileURL(join(built, 'harness', 'main.js')).href)) as {
      answer: string
    }
    return { built, text }
  }
  return { write, answer }
}

test('a changed source, or package, is never answered by an older build', async () => {
  const { write, answer } = smallProject()
  write('harness/answer.ts', "export const answer: string = 'one'")
  const one = await answer()
  expect(one).toMatchObject({ text: 'one' })
  expect(await answer()).toEqual(one)
  // As long as before.
  write('harness/answer.ts', "export const answer: string = 'two'")
  const two = await answer()
  expect(two).toMatchObject({ text: 'two' })
  write('fixtures/topologies/new.ts', 'export {}')
  const three = await answer()
  expect(three).not.toEqual(two)
  write('node_modules/.package-lock.json', '{ }')
  expect(await answer()).not.toEqual(three)
})
