// Node against a server of sessions: node lasting_node.js URL COUNT

import process from "node:process";

import { WebSocket } from "ws";

import { last } from "./lasting.ts";

const [url = "", count = ""] = process.argv.slice(2);
console.log(await last(url, Number(count), WebSocket));
process.exit();
