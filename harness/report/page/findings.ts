import type { PageFinding } from '../page-data.js'
import { copyButton, element } from './element.js'
import { clock } from './times.js'

/** How many findings stand there in full; the others open. */
const shown = 3

/** Why a test failed, the first cause first, each with what shows it and what mends it. */
export function findingList(
  { findings, unseen }: { findings: readonly PageFinding[]; unseen: readonly string[] },
  jump: (what: string) => void,
): HTMLElement {
  const root = element('section', { className: 'findings' }, element('h2', {}, 'why'))
  const list = element('ol')
  for (const finding of findings.slice(0, shown)) list.append(item(finding, jump))
  if (findings.length > 0) root.append(list)
  if (findings.length > shown) {
    const more = element('ol', { start: shown + 1 })
    for (const finding of findings.slice(shown)) more.append(item(finding, jump))
    root.append(element('details', {}, element('summary', {}, `${findings.length - shown} more`), more))
  }
  for (const what of unseen) root.append(element('p', { className: 'faint' }, `not looked at: ${what}`))
  return root
}

function item(
  { what, where, since, proof, explains, mends }: PageFinding,
  jump: (what: string) => void,
): HTMLElement {
  const place = [where, since === undefined ? '' : `since ${clock(since)}`].filter(Boolean).join(', ')
  const button = element('button', { type: 'button', className: 'jump' }, 'in the timeline')
  button.addEventListener('click', () => jump(what))
  const root = element(
    'li',
    {},
    element('strong', {}, what),
    element('span', { className: 'faint' }, ` ${place} `),
    button,
  )
  if (proof.length > 0) root.append(element('pre', {}, proof.join('\n')))
  for (const one of explains) root.append(element('p', { className: 'explains' }, `so ${one}`))
  if (mends !== undefined) {
    root.append(element('p', {}, 'mends it: ', element('code', {}, mends), ' ', copyButton(mends)))
  }
  return root
}
