/** A text without those of this character that it ends with. A regular expression would begin anew at each, where something follows. */
export function withoutEnd(text: string, character: string): string {
  let end = text.length
  while (text[end - 1] === character) end--
  return text.slice(0, end)
}
