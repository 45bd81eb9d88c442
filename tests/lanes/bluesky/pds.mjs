// A Bluesky PDS on the loopback address, its data in a folder, beside a directory of DIDs that it keeps in memory.
//   node pds.mjs NPM FOLDER PDS_PORT DIRECTORY_PORT       NPM: the folder that holds node_modules
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { Server } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [npm, folder, port, directoryPort] = process.argv.slice(2)

// Neither server can be told an address: by themselves they listen on all of this machine's.
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ...rest)
}

process.env.LOG_ENABLED = 'false'
const installed = createRequire(pathToFileURL(join(npm, 'package.json'))) // from NPM, where this file does not lie
const load = async (name) => import(pathToFileURL(installed.resolve(name)).href)
const { default: directory } = await load('@did-plc/server')
const { PDS } = await load('@atproto/pds')

await directory.PlcServer.create({ db: directory.Database.mock(), port: Number(directoryPort) }).start()
await PDS.run({
  env: {
    adminPassword: randomBytes(16).toString('hex'),
    blobstoreDiskLocation: join(folder, 'blobs'),
    dataDirectory: folder,
    devMode: true,
    // By a name, since the server takes no address for where DIDs are.
    didPlcUrl: `http://localhost:${directoryPort}`,
    disableSsrfProtection: true,
    dpopSecret: randomBytes(32).toString('hex'),
    hostname: 'localhost',
    inviteRequired: false,
    jwtSecret: randomBytes(16).toString('hex'),
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    port: Number(port),
    serviceHandleDomains: ['.test'],
  },
})
