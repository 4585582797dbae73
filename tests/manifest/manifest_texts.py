"""Texts to pods without files, and texts that are right."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from podlab.errors import Invalid
from podlab.manifest.loading import Loaded, load_sources
from podlab.manifest.sources import Source


def read(text: str | bytes, *, allow_ignored: Collection[str] = ()) -> Loaded:
    """As `load` of a file `pod.yaml` with that text."""
    data = text.encode() if isinstance(text, str) else text
    return load_sources([Source("pod.yaml", data)], allow_ignored=allow_ignored)


def refused(text: str | bytes, *, allow_ignored: Collection[str] = ()) -> list[str]:
    """The problems of a text, without the file's name."""
    with pytest.raises(Invalid) as caught:
        read(text, allow_ignored=allow_ignored)
    return [line.removeprefix("pod.yaml:") for line in caught.value.problems]


def pod(spec: str = "", container: str = "") -> str:
    """A pod with one container, and more lines in its spec (at 2 spaces) or in the container (at 4)."""
    head = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
    return f"{head}{spec}  containers:\n  - name: app\n    image: alpine\n{container}"


# It says everything that this version honours.
GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, app.kubernetes.io/part-of: shop}
  annotations: {podlab.io/isolated: "true", podlab.io/pids-limit: "500", note: "no"}
spec:
  restartPolicy: OnFailure
  shareProcessNamespace: true
  hostNetwork: false
  hostPID: false
  hostIPC: false
  hostUsers: true
  hostname: web-1
  subdomain: site
  setHostnameAsFQDN: false
  hostnameOverride: web.example.com
  dnsPolicy: None
  os: {name: linux}
  resources: {limits: {cpu: 4, memory: 1Gi}, requests: {cpu: 2}}
  securityContext:
    runAsUser: 1000
    runAsGroup: 1000
    runAsNonRoot: true
    fsGroup: 2000
    fsGroupChangePolicy: OnRootMismatch
    supplementalGroups: [3000]
    supplementalGroupsPolicy: Strict
    sysctls: [{name: net.ipv4.tcp_syncookies, value: "1"}]
    seccompProfile: {type: RuntimeDefault}
    appArmorProfile: {type: RuntimeDefault}
    seLinuxOptions: {user: u, role: r, type: t, level: "s0:c1"}
  hostAliases: [{ip: 10.0.0.1, hostnames: [db, db.local]}]
  dnsConfig:
    nameservers: [1.1.1.1, "2606:4700:4700::1111"]
    searches: [example.com, _tcp.local]
    options: [{name: ndots, value: "2"}, {name: edns0}]
  terminationGracePeriodSeconds: 5
  activeDeadlineSeconds: 3600
  runtimeClassName: runc
  imagePullSecrets: [{name: registry}]
  volumes:
  - name: data
    emptyDir: {}
  - name: ram
    emptyDir: {medium: Memory, sizeLimit: 64Mi}
  - name: sock
    hostPath: {path: /var/run/docker.sock, type: Socket}
  - name: config
    configMap: {name: app, defaultMode: 0644, optional: true, items: [{key: a.conf, path: conf/a.conf, mode: 0600}]}
  - name: keys
    secret: {secretName: keys, defaultMode: 0400, optional: false, items: [{key: tls.key, path: key}]}
  - name: self
    downwardAPI:
      defaultMode: 0444
      items:
      - {path: labels, mode: 0440, fieldRef: {fieldPath: metadata.labels, apiVersion: v1}}
      - {path: cpus, resourceFieldRef: {resource: limits.cpu, containerName: app, divisor: 1m}}
  - name: all
    projected:
      defaultMode: 0400
      sources:
      - configMap: {name: app, optional: true, items: [{key: a, path: a}]}
      - secret: {name: keys, optional: true, items: [{key: b, path: b}]}
      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
  - name: kept
    persistentVolumeClaim: {claimName: kept, readOnly: true}
  - name: own
    ephemeral:
      volumeClaimTemplate:
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: 1Gi}, limits: {storage: 2Gi}}
          storageClassName: fast
          volumeMode: Filesystem
  - name: tools
    image: {reference: "shop/tools:1", pullPolicy: IfNotPresent}
  - name: share
    nfs: {server: files.example.com, path: /srv, readOnly: true}
  initContainers:
  - {name: once, image: busybox, command: ["true"]}
  - name: beside
    image: busybox
    restartPolicy: Always
    startupProbe: {exec: {command: ["true"]}}
    livenessProbe: {exec: {command: ["true"]}, terminationGracePeriodSeconds: 1}
  containers:
  - name: app
    image: registry.example.com:5000/team/app:1.2
    imagePullPolicy: IfNotPresent
    command: [sh, -c]
    args:
    - |
      echo on
        sleep 3600
    workingDir: /srv
    env:
    - {name: A, value: "1"}
    - {name: A, value: "yes"}
    - {name: EMPTY}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: COLOUR, valueFrom: {configMapKeyRef: {name: app, key: colour, optional: true}}}
    - {name: WORD, valueFrom: {secretKeyRef: {name: keys, key: word, optional: true}}}
    envFrom:
    - {prefix: APP_, configMapRef: {name: app, optional: true}}
    - secretRef: {name: keys}
    ports:
    - {containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1, protocol: TCP, name: http}
    - {containerPort: 53, hostPort: 8080, protocol: SCTP}
    volumeMounts:
    - {name: data, mountPath: /data}
    - {name: ram, mountPath: /ram, readOnly: true, recursiveReadOnly: IfPossible}
    - {name: data, mountPath: /sub, subPath: a/b, mountPropagation: None}
    - {name: data, mountPath: /expr, subPathExpr: $(A)/b}
    resources:
      limits: {cpu: 500m, memory: 64Mi}
      requests: {cpu: 0.25, memory: 32Mi}
    resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]
    securityContext:
      privileged: false
      capabilities: {add: [NET_ADMIN], drop: [ALL]}
      runAsUser: 1000
      runAsGroup: 1000
      runAsNonRoot: true
      seLinuxOptions: {level: "s0:c1"}
      readOnlyRootFilesystem: true
      allowPrivilegeEscalation: false
      procMount: Default
      seccompProfile: {type: RuntimeDefault}
      appArmorProfile: {type: Unconfined}
    stdin: true
    tty: true
    readinessProbe:
      httpGet: {port: http, path: /ready, scheme: HTTP, httpHeaders: [{name: X-A, value: b}]}
      initialDelaySeconds: 0
      periodSeconds: 1
      timeoutSeconds: 1
      successThreshold: 1
      failureThreshold: 30
  - name: side
    image: alpine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    readinessProbe: {exec: {command: [test, -e, /ready]}}
  - name: other
    image: redis
    readinessProbe: {tcpSocket: {port: 6379}}
  - name: till
    image: shop/till
    readinessProbe: {grpc: {port: 9000, service: till}}
    lifecycle:
      postStart: {httpGet: {port: 9001, path: /begin}}
      preStop: {exec: {command: [till, close]}}
      stopSignal: SIGINT
    terminationMessagePath: /run/last-words
    terminationMessagePolicy: FallbackToLogsOnError
  - name: printer
    image: shop/printer
    restartPolicy: Never
    restartPolicyRules:
    - {action: Restart, exitCodes: {operator: In, values: [42]}}
    lifecycle: {preStop: {sleep: {seconds: 5}}}
"""

WORKSHOP = """\
apiVersion: podlab/v1
kind: Workshop
metadata: {name: docker-pods}
spec:
  title: Pods on a Docker Engine
  lesson: lesson
  lifetime: 1h
  seats: {count: 30, warm: 3, claim: code}
  terminals: [{name: shell, container: work}]
  previews: [{name: app, port: 8080}]
  images: {preload: [alpine], mirror: seeded}
  pod:
    metadata: {labels: {workshop: docker-pods}}
    spec:
      containers:
      - {name: work, image: alpine}
"""
