import { quoteWord } from '../shell-word.js'
import type { Before } from './note.js'

/** What is run on a node: what has to be done before it, and the command, as the scenario will run it, too. */
export function commandLine(before: readonly Before[], command: string): string {
  const settings = before.map((one) =>
    'text' in one ? one.text : `export ${one.variable}=${quoteWord(one.value)}`,
  )
  return [...settings, command].join(' && ')
}

/** What has to be done before later commands, once this is done, too. */
export function withSetting(before: readonly Before[], setting: Before): Before[] {
  // A file that is read may lie in the folder that was entered before it.
  const read = before.findLastIndex((one) => 'text' in one && /^(\.|source)\s/.test(one.text))
  const kept = before.filter((one, index) => index < read || !replaces(setting, one))
  return [...kept, setting]
}

/** A folder by its whole path, or another value of the same variable: what was before counts no more. */
function replaces(setting: Before, before: Before): boolean {
  if ('variable' in setting) return nameOf(before) === setting.variable
  if (isWholePath(setting)) return 'text' in before && /^cd\s/.test(before.text)
  return nameOf(setting) !== undefined && nameOf(setting) === nameOf(before)
}

const isWholePath = (one: Before): boolean => 'text' in one && /^cd\s+['"]?\//.test(one.text)

function nameOf(one: Before): string | undefined {
  if ('variable' in one) return one.variable
  return /^(?:export\s+)?([A-Za-z_]\w*)=\S*$/.exec(one.text)?.[1]
}
