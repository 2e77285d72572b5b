import { posix } from "node:path";
import type { Answers } from "./answers.js";
import type { Survey } from "./stack.js";
import { actions, checkSteps, testEnvironment } from "./workflow-checks.js";

/** The release of BuildKit that builds, so that a build does not change with the day. */
const buildkit = "moby/buildkit:v0.34.2";
const sentryCli = "@sentry/cli@3.8.0";

/**
 * Write the workflow: checks, then the image; on the main branch it is published with its bill of materials and where it comes from, and
 * deployed by its digest. Secrets come as variables of single steps, and never into a line of shell.
 */
export function workflow(survey: Survey, answers: Answers, version: string): string {
  const { root } = survey;
  const isPublished = answers.deploy === "image";
  const jobs = [
    checkJob(survey, version),
    ...(isPublished ? [imageJob(survey), publishJob(survey, answers)] : []),
    ...(isPublished && answers.platform === "render" ? [deployJob()] : []),
    ...(isPublished ? [sentryJob(survey, answers)] : []),
  ];
  return `# Tests, lint and the doctor for every change; the main branch is published and deployed. Made by holdfast init.
# Actions are named by commit, permissions are the least, and what is deployed is the very image that was built here, by its digest.
name: Deploy${root === "." ? "" : ` ${survey.name}`}

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

# A newer push to a pull request ends the run of an older one. On the main branch runs wait for each other.
concurrency:
  group: deploy-${root === "." ? "" : `${survey.name}-`}\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}
${isPublished ? `\nenv:\n  IMAGE: ${answers.registry ?? ""}\n` : ""}
jobs:
${jobs.join("\n\n")}
`;
}

function checkJob(survey: Survey, version: string): string {
  const database =
    survey.database === "postgres"
      ? [
          "    services:",
          "      postgres:",
          "        image: postgres:17",
          "        env:",
          "          POSTGRES_PASSWORD: postgres",
          "          POSTGRES_DB: test",
          "        ports:",
          "          - 5432:5432",
          '        options: --health-cmd "pg_isready -U postgres" --health-interval 2s --health-retries 20',
        ]
      : [];
  return [
    "  check:",
    "    name: Tests, lint, doctor",
    ...runner(20),
    ...testEnvironment(survey.schema, survey.database),
    ...database,
    "    steps:",
    ...checkSteps(survey, version),
  ].join("\n");
}

function runner(minutes: number): readonly string[] {
  return ["    runs-on: ubuntu-24.04", `    timeout-minutes: ${minutes}`];
}

const checkout = [`      - uses: ${actions.checkout}`, "        with:", "          persist-credentials: false"];
const builder = [
  "      - name: Builder",
  `        run: docker buildx create --name holdfast --driver docker-container --driver-opt image=${buildkit} --use`,
];

function imageJob(survey: Survey): string {
  return [
    "  image:",
    "    name: Image, built and not published",
    "    if: github.event_name == 'pull_request'",
    "    needs: check",
    ...runner(30),
    "    steps:",
    ...checkout,
    ...builder,
    "      - name: Build",
    `        run: docker buildx build --file ${dockerfileOf(survey)} --build-arg "RELEASE=$GITHUB_SHA" --tag "$IMAGE:check" ${survey.context}`,
  ].join("\n");
}

function dockerfileOf({ root }: Survey): string {
  return posix.join(root, "Dockerfile");
}

/** How a registry is logged in to: GitHub's own with the run's token, others with secrets. */
function loginStep({ registry = "" }: Answers): readonly string[] {
  const [host = ""] = registry.split("/");
  const [user, password] =
    host === "ghcr.io"
      ? ["github.actor", "secrets.GITHUB_TOKEN"]
      : host === "docker.io"
        ? ["secrets.DOCKERHUB_USERNAME", "secrets.DOCKERHUB_TOKEN"]
        : ["secrets.REGISTRY_USERNAME", "secrets.REGISTRY_PASSWORD"];
  return [
    "      - name: Log in to the registry",
    "        env:",
    `          REGISTRY_USERNAME: \${{ ${user} }}`,
    `          REGISTRY_PASSWORD: \${{ ${password} }}`,
    `        run: printf '%s' "$REGISTRY_PASSWORD" | docker login ${host} --username "$REGISTRY_USERNAME" --password-stdin`,
  ];
}

function permissions({ registry = "" }: Answers, packages: "read" | "write"): readonly string[] {
  return registry.startsWith("ghcr.io/") ? ["    permissions:", "      contents: read", `      packages: ${packages}`] : [];
}

function publishJob(survey: Survey, answers: Answers): string {
  return [
    "  publish:",
    "    name: Image, published",
    "    if: github.event_name == 'push'",
    "    needs: check",
    ...runner(30),
    ...permissions(answers, "write"),
    "    outputs:",
    "      digest: ${{ steps.publish.outputs.digest }}",
    "    steps:",
    ...checkout,
    ...loginStep(answers),
    ...builder,
    "      # With what is in it (SBOM) and how it was made (provenance), both kept beside the image.",
    "      - name: Build and publish",
    "        id: publish",
    "        run: |",
    "          docker buildx build --push \\",
    `            --file ${dockerfileOf(survey)} \\`,
    '            --build-arg "RELEASE=$GITHUB_SHA" \\',
    '            --tag "$IMAGE:main" --tag "$IMAGE:$GITHUB_SHA" \\',
    `            --label "org.opencontainers.image.title=${survey.name}" \\`,
    '            --label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" \\',
    '            --label "org.opencontainers.image.revision=$GITHUB_SHA" \\',
    '            --label "org.opencontainers.image.version=$GITHUB_REF_NAME-$GITHUB_RUN_NUMBER" \\',
    '            --label "org.opencontainers.image.created=$(date --utc +%Y-%m-%dT%H:%M:%SZ)" \\',
    "            --sbom=true --provenance=mode=max \\",
    '            --cache-from "type=registry,ref=$IMAGE:cache" --cache-to "type=registry,ref=$IMAGE:cache,mode=max" \\',
    `            --metadata-file "$RUNNER_TEMP/image.json" ${survey.context}`,
    `          digest=$(jq --raw-output '."containerimage.digest"' "$RUNNER_TEMP/image.json")`,
    '          case "$digest" in sha256:*) ;; *) echo "::error::The build named no digest."; exit 1 ;; esac',
    '          echo "digest=$digest" >> "$GITHUB_OUTPUT"',
    '          echo "Published $IMAGE@$digest" >> "$GITHUB_STEP_SUMMARY"',
  ].join("\n");
}

function deployJob(): string {
  return [
    "  deploy:",
    "    name: Render deploys it",
    "    needs: publish",
    ...runner(10),
    "    environment: production",
    "    steps:",
    "      # The hook's address is a secret: it is handed over on standard input, where no list of processes shows it.",
    "      - name: Tell Render",
    "        env:",
    "          RENDER_DEPLOY_HOOK: ${{ secrets.RENDER_DEPLOY_HOOK }}",
    "          DIGEST: ${{ needs.publish.outputs.digest }}",
    "        run: |",
    '          if [ -z "$RENDER_DEPLOY_HOOK" ]; then',
    '            echo "::warning::The image is published and not deployed: the secret RENDER_DEPLOY_HOOK is not set. Find it in the service\'s settings at Render."',
    "            exit 0",
    "          fi",
    `          status=$(printf 'url = "%s"\\n' "$RENDER_DEPLOY_HOOK" | curl --config - --silent --show-error --get \\`,
    '            --data-urlencode "imgURL=$IMAGE@$DIGEST" --max-time 60 --retry 4 --retry-connrefused \\',
    `            --output "$RUNNER_TEMP/deploy.json" --write-out '%{http_code}')`,
    '          case "$status" in',
    '            200 | 201) echo "Render deploys $IMAGE@$DIGEST" >> "$GITHUB_STEP_SUMMARY" ;;',
    '            202) echo "Render has queued $IMAGE@$DIGEST" >> "$GITHUB_STEP_SUMMARY" ;;',
    '            400) echo "::error::Render refuses the image: host, owner and name have to be those of the service."; exit 1 ;;',
    '            401 | 404) echo "::error::Render does not know the hook ($status): copy it again into the secret RENDER_DEPLOY_HOOK."; exit 1 ;;',
    '            409) echo "::error::The service is suspended at Render."; exit 1 ;;',
    '            *) echo "::error::Render answered $status."; exit 1 ;;',
    "          esac",
  ].join("\n");
}

function sentryJob(survey: Survey, answers: Answers): string {
  const { stack, root } = survey;
  const output =
    stack.kind === "node" && stack.hasSourceMaps
      ? posix.join("/app", root === survey.context ? "." : posix.relative(survey.context, root), stack.output ?? "dist")
      : undefined;
  return [
    "  sentry:",
    "    name: Release at Sentry",
    "    # For who has Sentry: set the variables SENTRY_ORG and SENTRY_PROJECT, and the secret SENTRY_AUTH_TOKEN.",
    "    if: vars.SENTRY_ORG != '' && vars.SENTRY_PROJECT != ''",
    `    needs: ${answers.platform === "render" ? "[publish, deploy]" : "publish"}`,
    ...runner(10),
    ...permissions(answers, "read"),
    "    env:",
    "      SENTRY_ORG: ${{ vars.SENTRY_ORG }}",
    "      SENTRY_PROJECT: ${{ vars.SENTRY_PROJECT }}",
    "      SENTRY_URL: ${{ vars.SENTRY_URL || 'https://sentry.io' }}",
    "    steps:",
    ...(output === undefined
      ? []
      : [
          ...loginStep(answers),
          "      # The maps of the very image that runs.",
          "      - name: Take the built files out of the image",
          "        env:",
          "          DIGEST: ${{ needs.publish.outputs.digest }}",
          "        run: |",
          '          container=$(docker create "$IMAGE@$DIGEST")',
          `          docker cp "$container:${output}" "$RUNNER_TEMP/built"`,
          '          docker rm "$container"',
        ]),
    "      - name: Release",
    "        env:",
    "          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}",
    "        run: |",
    `          sentry() { npx --yes ${sentryCli} "$@"; }`,
    '          sentry releases new "$GITHUB_SHA"',
    ...(output === undefined
      ? []
      : [`          sentry sourcemaps upload --release "$GITHUB_SHA" --url-prefix ${output} "$RUNNER_TEMP/built"`]),
    '          sentry releases finalize "$GITHUB_SHA"',
    '          sentry deploys new --release "$GITHUB_SHA" --env production',
  ].join("\n");
}
