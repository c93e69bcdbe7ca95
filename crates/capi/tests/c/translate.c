/* HL7 v2 and readings, with a handle and without. */
#include "check.h"

struct seen {
    int documents;
    int patients;
    int values;
    int warnings;
    int untimed;
    int outcomes;
};

static int document(void *user, const uint8_t *json, size_t len) {
    struct seen *seen = user;
    CHECK(len > 2 && json[0] == '{' && json[len - 1] == '}');
    CHECK(!holds(json, len, "\n"));
    seen->documents++;
    seen->patients += holds(json, len, "\"value\":\"4711\"");
    seen->values += holds(json, len, "\"valueQuantity\":{\"value\":95,");
    return 0;
}

static int diagnostic(void *user, const iomt_diagnostic *diagnostic) {
    struct seen *seen = user;
    CHECK(diagnostic->struct_size >= sizeof *diagnostic);
    CHECK(diagnostic->message == 1);
    CHECK(diagnostic->code_len > 0 && diagnostic->meaning[diagnostic->meaning_len - 1] == '.');
    seen->warnings += diagnostic->severity == IOMT_WARNING;
    seen->untimed += holds(diagnostic->code, diagnostic->code_len, "ZoneUnknown");
    return 0;
}

static int outcome(void *user, const uint8_t *json, size_t len) {
    struct seen *seen = user;
    CHECK(holds(json, len, "\"resourceType\":\"OperationOutcome\""));
    seen->outcomes++;
    return 0;
}

static void messages(void) {
    static const char config[] = "{\"to\":\"ndjson\",\"provenance\":false}";
    struct seen seen = {0};
    iomt_error error = {0};
    iomt_translator *translator = NULL;
    error.struct_size = sizeof error;
    CHECK(iomt_translator_new(TEXT(config), &translator, &error) == IOMT_OK);
    CHECK(translator != NULL && error.status == IOMT_OK && error.offset == -1);
    CHECK(iomt_translate(translator, NULL, BYTES(ORU("1")), document, NULL, &seen, &error) == IOMT_OK);
    CHECK(seen.patients == 1 && seen.values == 1);
    CHECK(error.documents == (uint64_t)seen.documents && error.errors == 0);
    /* Again: the same handle does not repeat the patient. */
    CHECK(iomt_translate(translator, "hl7v2", BYTES(ORU("2")), document, NULL, &seen, NULL) == IOMT_OK);
    CHECK(seen.patients == 1 && seen.values == 2);
    /* A file whose second message cannot be read: the first one is there. */
    seen = (struct seen){0};
    CHECK(iomt_translator_on_outcome(translator, outcome, &seen) == IOMT_OK);
    CHECK(iomt_translate(translator, NULL, BYTES(ORU("3") "MSH|^^\\&|\r"), document, NULL, &seen,
                         &error) == IOMT_REJECTED);
    CHECK(seen.values == 1 && seen.outcomes == 1);
    CHECK(error.errors == 1 && error.message == 2 && error.offset >= (int64_t)sizeof(ORU("3")) - 1);
    CHECK(iomt_translator_on_outcome(translator, NULL, NULL) == IOMT_OK);
    CHECK(iomt_translator_free(translator) == IOMT_OK);
}

static int mapped(void *user, const uint8_t *json, size_t len) {
    *(int *)user += holds(json, len, "\"system\":\"urn:oid:1.2.3.4\",\"code\":\"A\"");
    return 0;
}

/* Maps stand in the configuration. */
static void code_maps(void) {
    static const char csv[] =
        "{\"code-maps\":[{\"csv\":\"source_system,source_code,target_system,target_code\\n"
        "LN,2345-7,urn:oid:1.2.3.4,A\"}]}";
    static const char concept_map[] =
        "{\"code-maps\":[{\"resourceType\":\"ConceptMap\",\"group\":[{\"source\":\"LN\","
        "\"target\":\"urn:oid:1.2.3.4\",\"element\":[{\"code\":\"2345-7\",\"target\":"
        "[{\"code\":\"A\",\"equivalence\":\"equal\"}]}]}]}]}";
    int found = 0;
    CHECK(iomt_translate_once(TEXT(csv), NULL, BYTES(ORU("1")), mapped, NULL, &found, NULL) ==
          IOMT_OK);
    CHECK(found == 1);
    CHECK(iomt_translate_once(TEXT(concept_map), NULL, BYTES(ORU("1")), mapped, NULL, &found,
                              NULL) == IOMT_OK);
    CHECK(found == 2);
}

static void readings(void) {
    static const char config[] = "{\"to\":\"ndjson\",\"subject\":\"Patient/1\"}";
    static const char pressure[] =
        "{\"device\":\"cuff\",\"characteristic\":\"2A35\","
        "\"value\":\"0278005000 5d00ea070b18081e00\"}";
    static const char good[] =
        "{\"device\":\"cuff\",\"characteristic\":\"2A35\",\"value\":\"02780050005d00ea070b18081e00\"}\n";
    struct seen seen = {0};
    iomt_error error = {0};
    error.struct_size = sizeof error;
    CHECK(iomt_translate_once(TEXT(config), "gatt", BYTES(good), document, diagnostic, &seen, &error) ==
          IOMT_OK);
    CHECK(seen.documents == 2 && seen.untimed == 1 && seen.warnings >= 1);
    CHECK(error.documents == 2 && error.warnings == (uint64_t)seen.warnings);
    CHECK(iomt_translate_once(TEXT(config), NULL, BYTES(pressure), document, diagnostic, &seen,
                              &error) == IOMT_REJECTED);
    CHECK(seen.documents == 2 && error.documents == 0 && error.errors == 1);
}

int main(void) {
    CHECK(iomt_abi_version() == IOMT_ABI_VERSION);
    CHECK(strchr(iomt_version(), '.') != NULL);
    messages();
    code_maps();
    readings();
    return 0;
}
