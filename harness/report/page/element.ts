type Child = Node | string | undefined

/** Makes an element of the page. What a node said becomes text, and never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<Omit<HTMLElementTagNameMap[Name], 'style'>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children.filter((child) => child !== undefined))
  return made
}

/** A button that puts a command where it can be pasted. */
export function copyButton(text: string): HTMLButtonElement {
  const button = element('button', { type: 'button', className: 'copy', title: 'copy' }, 'copy')
  button.addEventListener('click', () => {
    void navigator.clipboard.writeText(text).then(
      () => (button.textContent = 'copied'),
      () => (button.textContent = 'select it, and copy by hand'),
    )
  })
  return button
}
