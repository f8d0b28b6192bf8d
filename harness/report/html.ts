import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { harnessFile } from '../paths.js'
import { readTimeline, timelineName, type Entry } from '../timeline/index.js'
import { packTimeline } from './pack-timeline.js'
import { timelineId, type PackedTimeline, type PageData, type PageTest } from './page-data.js'
import { classOfOutcome, placeInSteps, reportIds, type Outcome, type Run } from './run.js'
import { countLines, wayTo } from './summary.js'

/** Bytes of all pictures that a report takes in; later ones stay in the folders of evidence. */
const mostPictures = 20 * 1024 * 1024

/**
 * The run as one page: it opens from disk, without a server or a network, and nothing in it acts but its own script. Content
 * Security Policy Level 3 with the digests of that script and of the style; what nodes said is data and text.
 *
 * @param folder where it will lie: evidence is named from there
 */
export async function reportHtml(run: Run, folder: string): Promise<string> {
  const [script, style] = await Promise.all([
    pageScript(),
    readFile(harnessFile('report/page/style.css'), 'utf8'),
  ])
  const tests: PageTest[] = []
  const timelines: string[] = []
  const room = { left: mostPictures }
  for (const [outcome, id] of reportIds(run)) {
    const entries = await timelineOf(outcome)
    if (entries) timelines.push(await packed(timelineId(id), packTimeline(entries)))
    tests.push(await testOf({ outcome, run, id, folder, room, timeline: entries !== undefined }))
  }
  const page: PageData = {
    started: run.started.getTime(),
    duration: run.duration,
    interrupted: run.interrupted,
    counts: countLines(run, 'by their tags'),
    tests,
  }
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>stackrig</title>',
    `<style>${style}</style>`,
    '<main><noscript>This report needs JavaScript; results.json beside it has the same.</noscript></main>',
    data('run', page),
    ...timelines,
    `<script>${script}</script>`,
    '</html>',
    '',
  ].join('\n')
}

interface TestParts {
  outcome: Outcome
  run: Run
  id: string
  folder: string
  /** Bytes that are left for pictures. */
  room: { left: number }
  timeline: boolean
}

async function testOf({ outcome, run, id, folder, room, timeline }: TestParts): Promise<PageTest> {
  const { file, name, state, started, duration, note, failures, steps = [], evidence, issue, story } = outcome
  const failureClass = classOfOutcome(outcome)
  const place = placeInSteps(outcome)
  const code = failures[0]?.code
  const goThere = wayTo(outcome, run, basename(folder))
  return {
    id,
    file,
    name,
    state,
    duration,
    failures,
    timeline,
    findings: story?.findings ?? [],
    unseen: story?.unseen ?? [],
    ...(goThere !== undefined && { goThere }),
    ...(failureClass && { class: failureClass }),
    ...(code && { code }),
    ...(started && { started: started.getTime() }),
    ...(note !== undefined && { note }),
    ...(place !== undefined && { place }),
    ...(issue && { issue }),
    ...(evidence !== undefined && { evidence: relative(folder, evidence) }),
    steps: steps.map((step) => ({ ...step, started: step.started.getTime() })),
    pictures: evidence === undefined ? {} : await picturesIn(evidence, room),
  }
}

/** Undefined when it left none. */
async function timelineOf({ evidence }: Outcome): Promise<Entry[] | undefined> {
  if (evidence === undefined) return undefined
  try {
    const { entries, unfinished } = await readTimeline(join(evidence, timelineName))
    return [...entries, ...unfinished].toSorted((a, b) => a.t - b.t)
  } catch {
    return undefined
  }
}

async function picturesIn(folder: string, room: { left: number }): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const pictures: Record<string, string> = {}
  for (const name of names.filter((one) => one.endsWith('.png')).toSorted()) {
    const picture = await readFile(join(folder, name))
    if (picture.length > room.left) continue
    room.left -= picture.length
    pictures[name] = `data:image/png;base64,${picture.toString('base64')}`
  }
  return pictures
}

/** JSON in an element that no browser runs; `<` cannot end it (HTML, section 4.12.1.3). */
function data(id: string, value: unknown): string {
  return `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`
}

/** What is read only when its test is looked at: a browser takes seconds to read an element of many megabytes. */
async function packed(id: string, timeline: PackedTimeline): Promise<string> {
  const bytes = await promisify(gzip)(JSON.stringify(timeline))
  return `<script type="application/gzip" id="${id}">${bytes.toString('base64')}</script>`
}

const digest = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

async function pageScript(): Promise<string> {
  // Loaded when it is needed: most commands write no report.
  const { build } = await import('esbuild')
  const built = await build({
    // The sources of the page, or what was built of them.
    entryPoints: [harnessFile('report/page/main')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  })
  // Whatever the sources say in a string, it is not the end of the element.
  return (built.outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script')
}
