#!/usr/bin/env node
// The command `stackrig`. Node 20 cannot run TypeScript by itself: tsx translates while it loads.
import { register } from 'tsx/esm/api'

register()
const { main } = await import('./main.js')
await main(process.argv)
