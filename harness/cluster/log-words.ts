import type { Contract } from '../contract/index.js'
import { quoteWord } from '../shell-word.js'

/** Where services write their own logs (docs of the contracts' operating systems, `logs`). */
const files = '/var/log/messages /var/log/syslog /var/log/*.log /var/log/*/*.log'

/** On nodes with a journal the files besides it. */
const filesBesideJournal = '/var/log/*/*.log'

/** Where a follower notes its process, so that it can be ended: a moment is entered while one runs. */
const pidFile = '/dev/stackrig/follower'

/** Where the journal is read from: what was followed last, or since when, s since 1970 by the guest's clock. */
export type JournalPlace = { cursor: string } | { since: number }

/**
 * A command that never ends: the journal, as JSON, on standard output; the lines that are added to log files on standard
 * error, in the form of tail(1). Ended, it ends both.
 */
export function followLogs(init: Contract['init'], place: JournalPlace): string {
  const start =
    'cursor' in place ? `--after-cursor=${quoteWord(place.cursor)}` : `--since=@${place.since.toFixed(3)}`
  const fields = '--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT'
  const journal = `journalctl --follow --no-pager --quiet --lines=all --output=json ${fields} ${start}`
  // From left to right: the lines go where errors went, and what tail says of itself is dropped.
  const follow = (names: string): string => `tail -n 0 -F ${names} >&2 2>/dev/null`
  const parts = init === 'systemd' ? [`${journal} 2>/dev/null`, follow(filesBesideJournal)] : [follow(files)]
  const started = parts.map((part) => `${part} & p="$p $!"`).join('\n')
  const script = `echo $$ >${pidFile}; p=; trap 'kill $p; exit' TERM\n${started}\nwait`
  return `exec sh -c ${quoteWord(script)}`
}

/** Ends a follower that a moment was saved with: nobody hears it in the moment's fork, and it keeps a channel. */
export const endFollower = `kill "$(cat ${pidFile})" 2>/dev/null`
