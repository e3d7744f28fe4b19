// Node-RED without its editor, for the work: what runs is flow.json beside this file.
// `meter` is what the flow's functions call when they begin and when the last alert is written.
const { performance } = require("node:perf_hooks");

let wall = 0;
let cpu = null;

const meter = {
  start() {
    wall = performance.now();
    cpu = process.cpuUsage();
  },
  finish() {
    const used = process.cpuUsage(cpu);
    const said = {
      wall_s: (performance.now() - wall) / 1e3,
      cpu_s: (used.user + used.system) / 1e6,
      rows: 0,
      node: process.versions.node,
    };
    process.stdout.write(JSON.stringify(said) + "\n", () => process.exit(0));
  },
};

module.exports = {
  credentialSecret: false,
  disableEditor: true,
  httpAdminRoot: false,
  httpNodeRoot: false,
  telemetry: { enabled: false },
  externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
  functionGlobalContext: { meter },
  logging: { console: { level: "error" } },
};
