import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Addresses of the made-up internet (TEST-NET-3, RFC 5737). */
export const WEB = '203.0.113.10';
export const RELAY = '203.0.113.11';

/**
 * A small internet of network namespaces: a server, and homes that reach it each through a router of
 * their own, which translates addresses symmetrically (each destination sees another port). No home
 * has a way to another. Needs root; the name keeps several of them apart.
 */
export class Internet {
  constructor() {
    this.name = `call${process.pid % 100_000}`;
    this.folder = mkdtempSync(join(tmpdir(), 'internet-'));
    this.namespaces = [];
    /** The bridge's side of each plug. */
    this.ports = new Map();
    this.homes = 0;
    const bridge = this.#namespace('w');
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    this.bridge = bridge;
    this.server = this.#namespace('s');
    this.#plug(this.server, [WEB, RELAY]);
  }

  /** A home behind a symmetric NAT; `only` says what its router lets out. Returns its namespace. */
  home(only = 'everything') {
    const number = ++this.homes;
    const router = this.#namespace(`n${number}`);
    const home = this.#namespace(`h${number}`);
    this.#plug(router, [`203.0.113.${20 + number}`]);
    ip('link', 'add', 'lan0', 'netns', router, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', home);
    address(router, 'lan0', `10.0.${number}.1`);
    address(home, 'eth0', `10.0.${number}.2`);
    ip('-n', home, 'route', 'add', 'default', 'via', `10.0.${number}.1`);
    within(router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    const drops = {
      everything: [],
      'no udp': ['udp dport != 53 drop'],
      '443 only': ['meta l4proto udp drop', 'ct direction original tcp dport != 443 drop'],
    }[only];
    const rules = [
      'table ip nat {',
      '  chain out { type nat hook postrouting priority srcnat;',
      '    oifname "eth0" masquerade fully-random;',
      '  }',
      '}',
      'table inet filter {',
      '  chain forward { type filter hook forward priority filter;',
      '    iifname "eth0" ct state { established, related } accept;',
      '    iifname "eth0" drop;',
      ...drops.map((rule) => `    ${rule};`),
      '  }',
      '  chain input { type filter hook input priority filter;',
      '    iifname "eth0" ct state { established, related } accept;',
      '    iifname "eth0" drop;',
      '  }',
      '}',
    ];
    execFileSync('ip', ['netns', 'exec', router, 'nft', '-f', '-'], { input: rules.join('\n') });
    return home;
  }

  /** A computer on the open network, without a NAT. Returns its namespace. */
  open() {
    const number = ++this.homes;
    const computer = this.#namespace(`h${number}`);
    this.#plug(computer, [`203.0.113.${100 + number}`]);
    return computer;
  }

  /** From now on that many of a hundred UDP packets from and to a computer are lost. */
  loses(namespace, percent) {
    const rules = [
      'table inet loss {',
      ...['input', 'output'].map(
        (way) =>
          `chain ${way} { type filter hook ${way} priority 0; meta l4proto udp numgen random mod 100 < ${percent} drop; }`,
      ),
      '}',
    ];
    execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: rules.join('\n') });
  }

  /** From now on no more than that many kbit/s come to a computer, with what a home router queues. */
  narrows(namespace, kilobits) {
    const port = this.ports.get(namespace);
    const rate = ['rate', `${kilobits}kbit`, 'burst', '8kb', 'latency', '300ms'];
    within(this.bridge, 'tc', 'qdisc', 'replace', 'dev', port, 'root', 'tbf', ...rate);
  }

  /**
   * A machine beside the server that counts the UDP packets it gets, at a public address and at one
   * of the server's private network. `counts()` tells both.
   */
  canary() {
    const canary = this.#namespace('c');
    const [open, hidden] = ['203.0.113.60', '10.66.0.5'];
    this.#plug(canary, [open, hidden]);
    address(this.server, 'eth0', '10.66.0.1');
    const rules = [
      'table inet watch {',
      '  chain input { type filter hook input priority filter;',
      `    ip daddr ${open} meta l4proto udp counter;`,
      `    ip daddr ${hidden} meta l4proto udp counter;`,
      '  }',
      '}',
    ];
    execFileSync('ip', ['netns', 'exec', canary, 'nft', '-f', '-'], { input: rules.join('\n') });
    const list = ['netns', 'exec', canary, 'nft', 'list', 'table', 'inet', 'watch'];
    const counts = () => {
      const shown = execFileSync('ip', list, { encoding: 'utf8' });
      const packets = [...shown.matchAll(/counter packets (\d+)/g)].map(([, n]) => Number(n));
      return { open: packets[0], hidden: packets[1] };
    };
    return { open, hidden, counts };
  }

  /** Runs a program inside a namespace for some seconds at most; returns what it printed. */
  run(namespace, program, arguments_, seconds = 8) {
    const limited = ['timeout', String(seconds), program, ...arguments_];
    const done = spawnSync('ip', ['netns', 'exec', namespace, ...limited], { encoding: 'utf8' });
    return done.stdout + done.stderr;
  }

  /** Chromium inside a namespace, as a program that can be launched. */
  chromium(namespace) {
    const path = join(this.folder, `chromium-${namespace}`);
    const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${namespace} ${program} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** A certificate for the relay's address, signed by itself. */
  certificate() {
    const [certificate, key] = [join(this.folder, 'cert.pem'), join(this.folder, 'key.pem')];
    const subject = ['-subj', '/CN=relay.example', '-addext', `subjectAltName=IP:${RELAY}`];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', key, '-out', certificate, '-days', '1'];
    execFileSync('openssl', ['req', ...kind, ...files, ...subject], { stdio: 'ignore' });
    return { certificate, key };
  }

  /** Takes everything down again. */
  remove() {
    for (const namespace of this.namespaces) {
      try {
        ip('netns', 'delete', namespace);
      } catch (error) {
        console.error(`left behind: ${namespace}: ${error.message}`);
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #namespace(suffix) {
    const name = `${this.name}${suffix}`;
    ip('netns', 'add', name);
    this.namespaces.unshift(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return name;
  }

  #plug(namespace, addresses) {
    const port = `p${this.namespaces.length}`;
    ip('link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', this.bridge);
    ip('-n', this.bridge, 'link', 'set', port, 'master', 'br0', 'up');
    this.ports.set(namespace, port);
    for (const each of addresses) address(namespace, 'eth0', each);
  }
}

function address(namespace, device, value) {
  ip('-n', namespace, 'address', 'add', `${value}/24`, 'dev', device);
  ip('-n', namespace, 'link', 'set', device, 'up');
}

function within(namespace, ...command) {
  ip('netns', 'exec', namespace, ...command);
}

function ip(...arguments_) {
  try {
    execFileSync('ip', arguments_, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    throw new Error(`ip ${arguments_.join(' ')}: ${error.stderr ?? error.message}`);
  }
}
