/** Text for HTML, between tags and in quoted attributes: every sign that could end either as a reference to its character. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${String(sign.codePointAt(0))};`)
