import type { PageEntry } from '../page-data.js'
import { copyButton, element } from './element.js'
import { clock, duration } from './times.js'

/** All that is known of one entry. */
export function details(entry: PageEntry, pictures: Record<string, string>): HTMLElement {
  const lasted = entry.end === undefined ? '' : `, ${duration(entry.end - entry.t)}`
  const root = element(
    'section',
    { className: 'details' },
    element('h3', {}, `${entry.kind} · ${entry.lane.replace(/^node:/, '')} · ${clock(entry.t)}${lasted}`),
    element('pre', {}, entry.text),
  )
  const list = element('dl')
  const data = JSON.parse(entry.data || '{}') as Record<string, unknown>
  for (const [name, value] of Object.entries(data)) {
    if (name === 'phase') continue
    const text = shown(name, value)
    const content = element('dd', {}, element('pre', {}, text))
    if (name === 'command' || name === 'url') content.append(copyButton(text))
    list.append(element('dt', {}, name), content)
  }
  root.append(list)
  const picture = data['picture']
  const source = typeof picture === 'string' ? pictures[picture] : undefined
  if (source !== undefined)
    root.append(element('img', { src: source, alt: `the browser at ${clock(entry.t)}` }))
  return root
}

function shown(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (name === 'observations' && Array.isArray(value)) {
    const seen = value as { t: number; text: string }[]
    return seen.map(({ t, text }) => `${clock(t)}  ${text}`).join('\n')
  }
  return JSON.stringify(value, undefined, 2)
}
