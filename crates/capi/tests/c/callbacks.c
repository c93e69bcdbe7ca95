/* Callbacks that stop, and callbacks that call. */
#include "check.h"

struct again {
    iomt_translator *translator;
    int documents;
    int diagnostics;
};

static int stop(void *user, const uint8_t *json, size_t len) {
    CHECK(holds(json, len, "\"resourceType\":\"Bundle\""));
    return ++*(int *)user == 2;
}

static int stop_diagnostics(void *user, const iomt_diagnostic *diagnostic) {
    (void)diagnostic;
    ++((struct again *)user)->diagnostics;
    return -1;
}

static int never(void *user, const uint8_t *json, size_t len) {
    (void)user, (void)json, (void)len;
    CHECK(!"called");
    return 0;
}

static int call(void *user, const uint8_t *json, size_t len) {
    struct again *again = user;
    iomt_error error = {0};
    (void)json, (void)len;
    error.struct_size = sizeof error;
    again->documents++;
    CHECK(iomt_translate(again->translator, NULL, BYTES(ORU("9")), never, NULL, NULL, &error) ==
          IOMT_BUSY);
    CHECK(error.status == IOMT_BUSY && error.documents == 0);
    CHECK(iomt_translator_on_outcome(again->translator, never, NULL) == IOMT_BUSY);
    CHECK(iomt_translator_free(again->translator) == IOMT_BUSY);
    return 0;
}

/* Another handle is free to be used. */
static int other(void *user, const uint8_t *json, size_t len) {
    struct again inner = {0};
    (void)json, (void)len;
    CHECK(iomt_translator_new(NULL, 0, &inner.translator, NULL) == IOMT_OK);
    CHECK(iomt_translate(inner.translator, NULL, BYTES(ORU("9")), call, NULL, &inner, NULL) == IOMT_OK);
    CHECK(inner.documents == 1);
    CHECK(iomt_translator_free(inner.translator) == IOMT_OK);
    ++*(int *)user;
    return 0;
}

int main(void) {
    static const char three[] = ORU("1") ORU("2") ORU("3");
    struct again again = {0};
    iomt_error error = {0};
    int calls = 0;
    error.struct_size = sizeof error;
    CHECK(iomt_translator_new(NULL, 0, &again.translator, NULL) == IOMT_OK);

    CHECK(iomt_translate(again.translator, NULL, BYTES(three), stop, NULL, &calls, &error) ==
          IOMT_STOPPED);
    CHECK(calls == 2 && error.documents == 2 && error.status == IOMT_STOPPED);
    /* A segment that is not mapped is told before the document of its message. */
    CHECK(iomt_translate(again.translator, NULL, BYTES(MSH("4") PID "ZZZ|1\r" OBR OBX), never,
                         stop_diagnostics, &again, NULL) == IOMT_STOPPED);
    CHECK(again.diagnostics == 1);

    /* The handle is as good as new after all that. */
    CHECK(iomt_translate(again.translator, NULL, BYTES(three), call, NULL, &again, &error) == IOMT_OK);
    CHECK(again.documents == 3 && error.documents == 3);

    calls = 0;
    CHECK(iomt_translate(again.translator, NULL, BYTES(three), other, NULL, &calls, NULL) == IOMT_OK);
    CHECK(calls == 3);
    CHECK(iomt_translator_free(again.translator) == IOMT_OK);
    return 0;
}
