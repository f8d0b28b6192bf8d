import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { humanDuration } from '../duration.js'
import { showControls } from '../errors/index.js'
import { harnessFile } from '../paths.js'
import { escapeHtml, percent } from '../report/index.js'
import type { Night } from './history.js'
import { label, type Cell, type Overview, type Row } from './overview.js'

/** Of first causes, the most frequent are shown. */
const mostCauses = 30

/** px of one night in a row. */
const step = 13
const box = 11

const states: Cell['state'][] = ['passed', 'failed', 'flaked', 'known', 'unclear']
const meanings: Readonly<Record<Cell['state'], string>> = {
  passed: 'passed',
  failed: 'failed',
  flaked: 'flaked: passed and failed, made of the same',
  known: 'known to fail, or in quarantine',
  unclear: 'the host or stackrig itself failed',
  'not run': 'not run',
}

/** The nights of a project as one page: no script, nothing from outside; what nodes said is text. @param project its name */
export async function nightlyPage(
  { nights, rows, causes, known }: Overview,
  project: string,
): Promise<string> {
  const style = await readFile(harnessFile('nightly/page.css'), 'utf8')
  const digest = createHash('sha256').update(style).digest('base64')
  const last = nights.at(-1)
  const flaky = rows.filter((row) => row.flaky)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nights of ${escape(project)}</title>
<style>${style}</style>
<h1>Nights of ${escape(project)}</h1>
${last ? lastNight(last, rows) : '<p>No night has begun.</p>'}
${section('Failed last night', rows.filter(({ cells }) => ['failed', 'flaked', 'unclear'].includes(cells.at(-1)?.state ?? '')).map(failedRow))}
${section('Flakes', flaky.map(flakyRow))}
${section(
  'Known issues',
  known.map((one) => `<tr><td>${escape(one.issue)}<td class="name">${one.rows.map(escape).join('<br>')}`),
)}
${section(
  'First causes',
  causes
    .slice(0, mostCauses)
    .map(
      (cause) =>
        `<tr><td class="number">${cause.times} times<td>${cause.nights.length} of ${nights.length} nights, last ${dayOf(nights[cause.nights.at(-1) ?? 0])}<td class="name">${escape(cause.cause)}<td class="name faint">${listed(cause.rows)}`,
    ),
)}
<h2>All</h2>
<p class="legend">${nights.length} nights, the last on the right:${states.map((state) => `<svg width="${box}" height="${box}"><rect class="${state}" width="${box}" height="${box}" rx="2"/></svg>${meanings[state]}`).join('')}</p>
<div class="scroll"><table>
<thead><tr><th><th>nights<th class="number">passed<th class="number">Wilson 95 %<th class="number">took<th>durations<th class="number">trend</thead>
<tbody>
${rows.map((row, at) => (row.project === rows[at - 1]?.project ? '' : `<tr class="project"><th colspan="7">${escape(row.project)}`) + rowHtml(row, nights)).join('\n')}
</tbody></table></div>
</html>
`
}

function lastNight({ started, ended, exitStatus, parts }: Night, rows: readonly Row[]): string {
  const state =
    exitStatus === undefined
      ? 'is not over'
      : exitStatus === 0
        ? '<span class="good">passed</span>'
        : `<span class="bad">failed, exit status ${exitStatus}</span>`
  const took = ended === undefined ? '' : ` after ${humanDuration(ended - started)}`
  const count = (state: Cell['state']): number =>
    rows.filter(({ cells }) => cells.at(-1)?.state === state).length
  const counts = states.map((one) => `${count(one)} ${one}`).join(', ')
  return `<p>The night of ${dayOf({ started })} ${state}${took}. Parts: ${escape(parts.join(', '))}. Rows: ${counts}.</p>`
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0
    ? ''
    : `<h2>${title}</h2>\n<div class="scroll"><table><tbody>\n${lines.join('\n')}\n</tbody></table></div>`

function failedRow(row: Row): string {
  const { runs = 0, passed = 0, cause = '', folder = '' } = row.cells.at(-1) ?? {}
  const link = `<a href="../${encodeURIComponent(basename(folder))}/report.html">report</a>`
  return `<tr><td class="name">${escape(label(row))}<td>${runs > 1 ? `${passed} of ${runs} runs passed` : ''}<td class="name">${escape(cause)}<td>${link}`
}

function flakyRow(row: Row): string {
  const failed = row.cells.findLast((cell) => cell?.cause !== undefined)
  return `<tr><td class="name">${escape(label(row))}<td class="number">${rateText(row)}<td class="name">${escape(failed?.cause ?? '')}`
}

function rowHtml(row: Row, nights: readonly Night[]): string {
  const { cells, rate, trend } = row
  const width = Math.max(1, cells.length) * step
  const boxes = cells.map((cell, at) => boxHtml(cell, at * step, nights[at])).join('')
  const took = cells.findLast((cell) => cell !== undefined)?.duration ?? 0
  const range = rate ? `${percent(rate.from)} to ${percent(rate.to)}` : ''
  return `<tr><td class="name">${escape(label(row))}<td><svg width="${width}" height="${box}">${boxes}</svg><td class="number">${rateText(row)}<td class="number faint">${range}<td class="number">${took > 0 ? humanDuration(took) : ''}<td>${sparkline(cells)}<td class="number">${trend === undefined ? '' : trendText(trend)}`
}

const rateText = ({ rate }: Row): string => (rate ? `${percent(rate.rate)} of ${rate.of}` : '')

function boxHtml(cell: Cell | undefined, x: number, night: Night | undefined): string {
  const shape = `x="${x}" width="${box}" height="${box}" rx="2"`
  if (cell === undefined || cell.state === 'not run') return `<rect class="none" ${shape}/>`
  const runs = cell.runs > 1 ? `, ${cell.passed} of ${cell.runs} passed` : ''
  const title = `${dayOf(night)}: ${meanings[cell.state]}${runs}, ${humanDuration(cell.duration)}${cell.cause === undefined ? '' : `\n${cell.cause}`}`
  return `<rect class="${cell.state}" ${shape}><title>${escape(title)}</title></rect>`
}

/** Durations over the nights; from 0, so that what looks small is small. */
function sparkline(cells: readonly (Cell | undefined)[]): string {
  const most = Math.max(...cells.map((cell) => cell?.duration ?? 0))
  const points = cells.flatMap((cell, at) =>
    cell && cell.duration > 0 ? [`${at * 4},${(18 - (17 * cell.duration) / most).toFixed(1)}`] : [],
  )
  if (points.length < 2) return ''
  return `<svg width="${cells.length * 4}" height="18"><polyline class="line" points="${points.join(' ')}"/></svg>`
}

const trendText = (trend: number): string =>
  Math.abs(trend - 1) < 0.05 ? 'same' : trend > 1 ? `+${percent(trend - 1)}` : `−${percent(1 - trend)}`

/** The first few, and how many more. */
const listed = (rows: readonly string[]): string =>
  rows.slice(0, 3).map(escape).join('<br>') + (rows.length > 3 ? `<br>and ${rows.length - 3} more` : '')

const dayOf = (night: Pick<Night, 'started'> | undefined): string =>
  night ? new Date(night.started).toISOString().slice(0, 16).replace('T', ' ') : ''

const escape = (text: string): string => escapeHtml(showControls(text))
