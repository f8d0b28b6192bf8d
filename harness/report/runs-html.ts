import { humanDuration } from '../duration.js'
import { showControls } from '../errors/index.js'
import { escapeHtml } from './escape-html.js'
import { pastRuns, type PastRun } from './past-runs.js'

const most = 200

/** The page that lists the runs of a folder, each with a link to its report. No script: it is read once, or searched in. */
export async function runsHtml(root: string): Promise<string> {
  const rows = (await pastRuns(root, most)).map(row)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>stackrig: runs</title>
<style>
  :root { color-scheme: light dark }
  body { font: 15px/1.45 system-ui, sans-serif; max-width: 1100px; margin: 0 auto; padding: 12px }
  table { border-collapse: collapse; width: 100% }
  td, th { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-top: 1px solid #8884; overflow-wrap: anywhere }
  .failed { color: light-dark(#cf222e, #f27a72); font-weight: 600 }
  .passed { color: light-dark(#1a7f37, #56c271) }
</style>
<h1>Runs</h1>
<table>
<thead><tr><th>when<th>result<th>took<th>failed</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</html>
`
}

function row({ name, results }: PastRun): string {
  const failed = results.tests.filter(({ state }) => state === 'failed')
  const state = results.ok ? 'passed' : 'failed'
  const counts = `${results.passed} passed, ${results.failed} failed${results.interrupted ? ', interrupted' : ''}`
  const names = failed.map((test) => `<div>${escape(`${test.file}: ${test.name}`)}</div>`).join('')
  const link = `<a href="${encodeURIComponent(name)}/report.html">${escape(name)}</a>`
  return `<tr><td>${link}<td class="${state}">${counts}<td>${humanDuration(results.duration)}<td>${names}</tr>`
}

const escape = (text: string): string => escapeHtml(showControls(text))
