// Run by vitest in each of its processes that have machines. A terminal's Ctrl-C reaches them too, and would end them
// before a cluster has left its logs: whoever runs the tests hears it as well, and cancels them.
process.on('SIGINT', () => undefined)
