"""One file of each kind of workload, with every field that it has."""

from __future__ import annotations

TEMPLATE = """\
  selector:
    matchLabels: {app: web}
    matchExpressions: [{key: app, operator: In, values: [web, api]}, {key: tier, operator: DoesNotExist}]
  template:
    metadata: {labels: {app: web}, annotations: {note: "no"}}
    spec:
      containers:
      - {name: app, image: busybox, command: [sleep, infinity]}
"""
DEPLOYMENT = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, labels: {{app: web}}}}
spec:
  replicas: 3
  minReadySeconds: 5
  progressDeadlineSeconds: 60
  revisionHistoryLimit: 2
  paused: false
  strategy: {{type: RollingUpdate, rollingUpdate: {{maxUnavailable: 25%, maxSurge: 1}}}}
{TEMPLATE}"""
REPLICA_SET = f"""\
apiVersion: apps/v1
kind: ReplicaSet
metadata: {{name: web}}
spec:
  replicas: 2
  minReadySeconds: 1
{TEMPLATE}"""
STATEFUL_SET = f"""\
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: web}}
spec:
  serviceName: webs
  replicas: 2
  podManagementPolicy: Parallel
  minReadySeconds: 1
  revisionHistoryLimit: 3
  ordinals: {{start: 1}}
  updateStrategy: {{type: RollingUpdate, rollingUpdate: {{partition: 1, maxUnavailable: 50%}}}}
  persistentVolumeClaimRetentionPolicy: {{whenDeleted: Delete, whenScaled: Retain}}
  volumeClaimTemplates:
  - metadata: {{name: data}}
    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
{TEMPLATE}        volumeMounts: [{{name: data, mountPath: /data}}]
""".replace(
    "- {name: app, image: busybox, command: [sleep, infinity]}", "- name: app\n        image: busybox"
)
DAEMON_SET = f"""\
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: web}}
spec:
  minReadySeconds: 1
  revisionHistoryLimit: 1
  updateStrategy: {{type: RollingUpdate, rollingUpdate: {{maxUnavailable: 1, maxSurge: 0}}}}
{TEMPLATE}"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: sum}
spec:
  completions: 5
  parallelism: 2
  backoffLimit: 3
  backoffLimitPerIndex: 1
  maxFailedIndexes: 2
  completionMode: Indexed
  activeDeadlineSeconds: 600
  ttlSecondsAfterFinished: 60
  suspend: false
  manualSelector: true
  selector: {matchLabels: {job: sum}}
  podFailurePolicy:
    rules:
    - {action: FailJob, onExitCodes: {containerName: app, operator: In, values: [42]}}
    - {action: Ignore, onPodConditions: [{type: DisruptionTarget, status: "True"}]}
  successPolicy: {rules: [{succeededIndexes: "0,2-4", succeededCount: 2}]}
  template:
    metadata: {labels: {job: sum}}
    spec:
      restartPolicy: Never
      containers: [{name: app, image: busybox, command: [sh, -c, 'echo $JOB_COMPLETION_INDEX']}]
"""
CRON_JOB = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: sums}
spec:
  schedule: "*/5 8-18 * * MON-FRI"
  timeZone: Europe/Berlin
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 100
  successfulJobsHistoryLimit: 2
  failedJobsHistoryLimit: 1
  suspend: false
  jobTemplate:
    metadata: {labels: {cron: sums}}
""" + "".join(f"    {line}\n" for line in JOB.splitlines()[3:])
WORKLOADS = (DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, JOB, CRON_JOB)
