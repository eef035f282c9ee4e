#!/usr/bin/env bash
# The lab in containers on a real engine, outside CI: builds the image from a clone that is closed
# to others, starts everything, breaks it, and says line by line what holds. About ten minutes.
#
#   tests/compose.sh [postgresql]
#
# It is a project of its own (slo-lab-live), on ports of its own, and deletes what it made. Behind
# a proxy that signs what it answers, CA_CERT holds the text of its certificate.
set -u
profile=${1:-}
folder=$(mktemp -d)
export COMPOSE_PROJECT_NAME=slo-lab-live COMPOSE_PROFILES=$profile
export SLO_LAB_PORT=28080 SLO_LAB_MOCKAPP_PORT=28000
export SLO_LAB_PROMETHEUS_PORT=29090 SLO_LAB_GRAFANA_PORT=23000
[ "$profile" != postgresql ] || export SLO_LAB_DATABASE_URL=postgresql+psycopg://slo_lab@postgresql/slo_lab
portal=http://localhost:$SLO_LAB_PORT
failed=0

holds() { # holds FACT COMMAND...: says whether the command ends well
    local fact=$1
    shift
    if "$@" > "$folder/said" 2>&1; then
        echo "holds   $fact"
    else
        echo "FAILS   $fact"
        sed 's/^/        /' "$folder/said" | tail -n 15
        failed=1
    fi
}
refuses() { ! "$@"; }
soon() { # soon SECONDS COMMAND...: whether it ends well within that time
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 1
    done
}
up() { docker compose up --detach --build --wait; }
lab() { docker compose exec -T portal slo-lab "$@"; }
doctor_says() { lab doctor | grep -E "$1"; }
secret() { docker compose exec -T portal cat "/data/secrets/$1"; }
login() { [ "$(curl -s -o /dev/null -w '%{http_code}' -u "admin:$1" "http://localhost:$SLO_LAB_GRAFANA_PORT/api/org")" = 200 ]; }
running() { docker compose ps --quiet | sort | xargs docker inspect --format '{{.Name}} {{.Id}} {{.State.StartedAt}}'; }
unused_images() { docker images --quiet --filter dangling=true | wc -l; }
burst() {
    curl -sf -o /dev/null -X POST -H 'Sec-Fetch-Site: same-origin' -d "preset=error-burst&key=$1" "$portal/bursts"
    sleep 12
}
says() { curl -s "$portal$1" | grep -E "$2"; }
lose() { # lose VOLUME...: with the containers that hold it
    docker compose down && docker volume rm "${@/#/${COMPOSE_PROJECT_NAME}_}"
}
unchanged() {
    local before images
    before=$(running) images=$(unused_images)
    up && diff <(echo "$before") <(running) && diff <(echo "$images") <(unused_images)
}
stays_after_clean() { refuses lab clean --yes && says /readyz '"?ok|ready'; }
keeps_passwords() {
    local before
    before=$(secret grafana-password)
    lose secrets mockapp-secrets && up && [ "$before" = "$(secret grafana-password)" ] && login "$before"
}
gets_an_account_again() {
    docker compose rm --stop --force setup grafana && docker volume rm "${COMPOSE_PROJECT_NAME}_grafana" &&
        docker compose up --detach --wait grafana && soon 60 doctor_says '^up +Grafana login'
}
obeys_settings() {
    SLO_LAB_SCRAPE_INTERVAL=1 SLO_LAB_ALLOWED_HOSTS=lab.example up &&
        soon 30 doctor_says '^up +scrape of' &&
        curl -sf -o /dev/null -H 'Host: lab.example' "$portal/steps" && up
}
names_a_wrong_setting() {
    SLO_LAB_SCRAPE_INTERVAL=9 refuses up && docker compose logs setup | grep 'SLO_LAB_SCRAPE_INTERVAL' && up
}
ends_its_burst() { burst one && docker compose restart portal && soon 30 says /bursts/1 'cut short'; }
counts_it_later() { soon 120 says /bursts/1 'Both counted the same'; }
counts_after_a_kill() {
    burst two && docker compose kill --signal KILL portal && docker compose start portal &&
        soon 150 says /bursts/2 'The service counted .* more than this record|Both counted'
}
counts_after_the_end_of_all() {
    burst three && docker compose down && up && soon 120 says /bursts/3 'after the last scrape is missing|Both counted'
}
names_what_is_typed_here() { says /lab 'docker compose logs NAME' && refuses says /lab '\.venv|data folder'; }
end() {
    docker compose --profile postgresql down --volumes > /dev/null 2>&1
    rm -rf "$folder"
}
trap end EXIT

(umask 077 && git clone -q "$(dirname "$0")/.." "$folder/clone") || exit 2
cd "$folder/clone" || exit 2
holds 'a clone that is closed to others comes up, status 0' up
holds 'all of it is up for doctor' soon 30 lab doctor
holds 'nothing unchanged is made anew, no image is left over' unchanged
holds 'clean deletes nothing under the portal' stays_after_clean
holds 'reset refuses, in a container of its own too' refuses docker compose run --rm -T portal slo-lab reset lab --yes
holds 'pages name what is typed here' names_what_is_typed_here
holds 'settings of the shell count' obeys_settings
holds 'a setting of no use is named' names_a_wrong_setting
holds 'secrets that are lost come from where they are in use' keeps_passwords
holds 'a Grafana that is new knows the portal within a minute' gets_an_account_again
holds 'a portal that is stopped ends its burst' ends_its_burst
holds 'Prometheus counts it later, to the request' counts_it_later
holds 'a burst of a killed portal is counted' counts_after_a_kill
holds 'a burst after which all ended is counted to the last scrape' counts_after_the_end_of_all
exit $failed
