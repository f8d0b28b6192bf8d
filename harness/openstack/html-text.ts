/** Elements whose content nobody reads. */
const unread = /^<(head|style|script)\b/
const longest = '<script>'.length

/** What a page says, without its tags, on one line. Takes time in proportion to the page's length, whatever stands there. */
export function htmlText(html: string): string {
  const lower = html.toLowerCase()
  const parts: string[] = []
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    const close = open === -1 ? -1 : html.indexOf('>', open)
    if (close === -1) {
      parts.push(html.slice(at))
      break
    }
    parts.push(html.slice(at, open))
    const [, name] = unread.exec(lower.slice(open, open + longest)) ?? []
    const end = name === undefined ? close : lower.indexOf(`</${name}>`, close)
    // What is not closed goes to the end of the page.
    if (end === -1) break
    at = name === undefined ? close + 1 : end + name.length + 3
  }
  return parts
    .join(' ')
    .replaceAll('&#x27;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim()
}
