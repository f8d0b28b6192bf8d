/** Names with commas; collects what the option is given several times. */
export const namesOption = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(',').filter((name) => name !== ''),
]
