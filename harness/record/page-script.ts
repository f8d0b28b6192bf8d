/**
 * Tells of what a person does in a page, by a function that the page is given. It runs in the page: whatever it says may as well have
 * been said by the page itself.
 */
export const pageScript = (tell: string): string => `(() => {
  const tell = (note) => window[${JSON.stringify(tell)}]?.(note)
  const text = (element) => (element.innerText ?? '').trim().replace(/\\s+/g, ' ')
  const isOne = (selector) => document.querySelectorAll(selector).length === 1
  const changes = /[0-9a-f]{8}-[0-9a-f]{4}|\\d{3,}/
  function at(element) {
    const tag = element.localName
    if (element.id && !changes.test(element.id)) return '#' + CSS.escape(element.id)
    const name = element.getAttribute('name')
    const named = name && tag + '[name=' + JSON.stringify(name) + ']'
    if (named && isOne(named)) return named
    const said = text(element)
    if (/^(a|button|label|summary|option)$/.test(tag) && said && said.length <= 60 && !changes.test(said))
      return tag + ':has-text(' + JSON.stringify(said) + '):visible'
    const parent = element.parentElement
    if (!parent) return tag
    const same = [...parent.children].filter((one) => one.localName === tag)
    return at(parent) + ' > ' + tag + (same.length > 1 ? ':nth-of-type(' + (same.indexOf(element) + 1) + ')' : '')
  }
  const isText = (element) =>
    element.localName === 'textarea' ||
    (element.localName === 'input' && !/^(checkbox|radio|submit|button|image|reset|file)$/.test(element.type))
  // Enter in a field also makes a change of it, and a click on the form's button.
  const told = new WeakMap()
  let entered = -Infinity
  const fill = (element) => {
    if (told.get(element) === element.value) return
    told.set(element, element.value)
    tell({ action: 'fill', at: at(element), ...(element.type === 'password' ? {} : { value: element.value }) })
  }
  addEventListener('click', (event) => {
    const target = event.composedPath()[0]
    if (!event.isTrusted || !(target instanceof Element)) return
    if (event.detail === 0 && event.timeStamp - entered < 100) return
    const element = target.closest('a, button, input, select, textarea, label, summary, [role], [onclick]') ?? target
    if (isText(element) || element.localName === 'select' || /^(checkbox|radio|file)$/.test(element.type ?? '')) return
    tell({ action: 'click', at: at(element) })
  }, true)
  addEventListener('change', (event) => {
    const element = event.composedPath()[0]
    if (!event.isTrusted || !(element instanceof Element)) return
    if (isText(element)) fill(element)
    else if (element.localName === 'select') tell({ action: 'choose', at: at(element), value: element.value })
    else if (/^(checkbox|radio)$/.test(element.type)) tell({ action: element.checked ? 'check' : 'uncheck', at: at(element) })
  }, true)
  addEventListener('keydown', (event) => {
    const element = event.composedPath()[0]
    if (!event.isTrusted || event.key !== 'Enter' || !(element instanceof Element) || element.localName !== 'input') return
    if (!isText(element)) return
    entered = event.timeStamp
    fill(element)
    tell({ action: 'press', at: at(element), value: 'Enter' })
  }, true)
})()`
